"""Operations across modules: one function, one transaction each, and no compensation."""
