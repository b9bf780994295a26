"""Operations on products and everything that belongs to them."""
