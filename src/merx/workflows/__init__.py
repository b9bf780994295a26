"""Operations across modules: one function in one transaction each, without compensation."""
