import sys

from deploy.cli.options import DEFAULT_DATA, Data


def down(data: Data = DEFAULT_DATA) -> None:
    """Stop the stack of a data folder, and whatever a killed one left running."""
    from deploy.embedded.claim import stop_stack
    from deploy.embedded.layout import Layout

    layout = Layout(data.resolve())
    if not stop_stack(layout):
        sys.stderr.write(f"zakrila: no stack runs on {layout.folder}.\n")
