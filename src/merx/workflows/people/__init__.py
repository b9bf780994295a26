"""Operations on customers, users and how they log in."""
