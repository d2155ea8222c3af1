"""Exports (データの書き出し): everything a tenant may take along, as CSV files without a number."""
