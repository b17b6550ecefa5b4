"""The tables that several sections tell, put together; what of them is missing."""
