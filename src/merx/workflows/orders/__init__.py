"""Operations on orders and everything that happens to them."""
