"""Tests of the journal."""

from journal import Journal, Overdrawn


def test_an_account_cannot_be_overdrawn():
    journal = Journal()
    try:
        journal.post(-1)
    except Overdrawn:
        return
    assert False
