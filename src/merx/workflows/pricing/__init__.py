"""Operations on prices, price lists, regions and taxes."""
