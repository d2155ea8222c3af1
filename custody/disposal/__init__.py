"""Disposal of numbers (廃棄): runs, their items, and the steps from a proposal to extinction."""
