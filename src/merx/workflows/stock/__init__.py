"""Operations on stock and stock locations."""
