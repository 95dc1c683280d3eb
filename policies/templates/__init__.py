"""制式: the forms that documents follow, told by what stands where on their first page."""
