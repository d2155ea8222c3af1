"""GraphQL: types, inputs and results, one file per noun. No decisions are taken here."""
