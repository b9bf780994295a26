"""Operations on stock and the places that hold it."""
