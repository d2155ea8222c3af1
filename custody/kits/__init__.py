"""Paper kits (収集キット): what is sent to whoever has no phone, and the pages that come back."""
