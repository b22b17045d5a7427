"""Writes `prim_boxes.json`: the boxes that EMA Workbench 2.5.3 finds in its own example data.

The data are those of Bryant and Lempert (2010, doi 10.1016/j.techfore.2009.08.002), which EMA Workbench brings along
(BSD 3-clause, Delft University of Technology) as `examples/data/bryant et al 2010 data.csv`: nine uncertain inputs of
882 cases, and whether the cost of a renewable-energy target was above its ninetieth percentile. EMA Workbench 2.5.3
does not go with this project's pandas, so it is run in an environment of its own:

    pip install "ema_workbench==2.5.3" "pandas<3" && python make_prim_boxes.py
"""

import json
from pathlib import Path

import ema_workbench
import pandas as pd
from ema_workbench.analysis import prim

HERE = Path(__file__).parent


def main() -> None:
    source = Path(ema_workbench.__file__).parent / "examples" / "data" / "bryant et al 2010 data.csv"
    data = pd.read_csv(source, index_col=False)
    columns = [*data.columns[2:11], data.columns[15]]
    data[columns].to_csv(HERE / "bryant_lempert_2010.csv", index=False)
    inputs, outcome = data.iloc[:, 2:11], data.iloc[:, 15].values
    found = {}
    for objective in ("LENIENT1", "LENIENT2", "ORIGINAL"):
        algorithm = prim.Prim(
            inputs.copy(),
            outcome.copy(),
            threshold=0.8,
            peel_alpha=0.1,
            paste_alpha=0.05,
            mass_min=0.05,
            obj_function=getattr(prim.PRIMObjectiveFunctions, objective),
        )
        box = algorithm.find_box()
        found[objective.lower()] = [
            {
                "limits": {name: [float(limits.loc[0, name]), float(limits.loc[1, name])] for name in inputs.columns},
                "coverage": float(row.coverage),
                "density": float(row.density),
                "mass": float(row.mass),
            }
            for limits, (_, row) in zip(box.box_lims, box.peeling_trajectory.iterrows(), strict=True)
        ]
    last = len(found["lenient1"]) - 1
    algorithm = prim.Prim(inputs.copy(), outcome.copy(), threshold=0.8, peel_alpha=0.1)
    box = algorithm.find_box()
    found["quasi_p"] = {name: [float(p) for p in ps] for name, ps in box.qp[last].items()}
    (HERE / "prim_boxes.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
