"""What must be known outside the database: who was disposed of, and how far each log had come."""

from tokenizer.ledger.ledger import Disposal, Ledger, Witnessed

__all__ = ["Disposal", "Ledger", "Witnessed"]
