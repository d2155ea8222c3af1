"""What must be known outside the database: who was disposed of, whose contract ended, how far each log had come."""

from tokenizer.ledger.known import ContractEnd, Disposal, Witnessed
from tokenizer.ledger.ledger import Ledger

__all__ = ["ContractEnd", "Disposal", "Ledger", "Witnessed"]
