"""The dialogs, one a file. Each asks one question and hands the answer back; none changes the document."""
