"""An assessment for readers: document, then HTML and PDF; JSON, tables and maps beside them."""
