"""Runs the code cells of a Jupyter notebook in order, with Python alone."""

import json
import re
import sys

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    notebook = json.load(file)
assert notebook["nbformat"] == 4 and notebook["nbformat_minor"] >= 5, "not a notebook of format 4.5"

ids = [cell["id"] for cell in notebook["cells"]]
assert len(set(ids)) == len(ids), "a cell id occurs twice"
namespace = {"__name__": "__main__"}
for cell in notebook["cells"]:
    name = cell["id"]
    assert re.fullmatch("[A-Za-z0-9_-]{1,64}", name), f"{name}: not a cell id"
    assert isinstance(cell["metadata"], dict) and cell["cell_type"] in ("markdown", "code"), name
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        assert "outputs" not in cell and "execution_count" not in cell, f"{name}: not a markdown cell"
        continue
    assert cell["outputs"] == [] and cell["execution_count"] is None, f"{name}: stored with its outputs"
    print(f"-- {name}", flush=True)
    exec(compile(source, f"{path}#{name}", "exec"), namespace)
print("every cell ran")
