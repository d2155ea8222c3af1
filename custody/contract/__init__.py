"""The end of a contract (解約): asked for, approved by another human, and after its last day all of it is erased."""
