"""intake's queries. Those of every call and every answer are built once: building costs more than running."""
