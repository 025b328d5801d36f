"""Labels of facial skin without hand labelling: made from landmarks and from each photo's colours.

In the order in which a photo passes: `view` (a face and what is around it), `outlines` (polygons
of landmarks), `pixels` (what a pixel looks like), `classifier` (what is skin in this photo),
`refine` (edges), `hidden` (what hides skin), `maker` (all of it, and how well the ways agree),
`accept` (which labels are good enough), `corrections` (what a person rejected or redrew), `store`,
`skin_pack` and `sheet`.
"""
