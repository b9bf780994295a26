"""Operations on orders and on what happens to them."""
