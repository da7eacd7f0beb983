"""Moves money between accounts."""

from journal import Journal


def transfer(source: Journal, target: Journal, amount):
    """Takes from one journal and adds to the other."""
    source.post(-amount)
    target.post(amount)
