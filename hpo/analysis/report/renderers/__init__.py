"""A report as a file: a page, a PDF, Markdown, a notebook."""
