"""Keeps every entry of an account."""


class Journal:
    """All entries of an account, in order."""

    def __init__(self):
        self.entries = []

    def post(self, amount):
        """Adds one entry; refuses what would overdraw the account."""
        if self.balance() + amount < 0:
            raise Overdrawn(amount)
        self.entries.append(amount)

    def withdraw(self, amount):
        """Takes an amount out."""
        self.post(-amount)

    def balance(self):
        """The sum of all entries."""
        return sum(self.entries)


class Overdrawn(Exception):
    """The account does not hold as much."""
