"""Operations on the store, its channels and profiles."""
