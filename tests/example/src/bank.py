"""Moves money between accounts."""

from journal import Journal, Overdrawn


def transfer(source: Journal, target: Journal, amount):
    """Takes from one journal and adds to the other; says whether it could."""
    try:
        source.withdraw(amount)
    except Overdrawn:
        return False
    target.post(amount)
    return True
