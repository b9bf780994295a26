"""Operations on the store, its sales channels and shipping profiles."""
