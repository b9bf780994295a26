"""Operations on products and what hangs together with them."""
