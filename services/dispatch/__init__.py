"""dispatch owns stations, units and jobs: who goes, who acknowledged, where they are.

It promises: one unit, one job at any instant (P3); a job nobody acknowledges goes to the next unit and is never
forgotten (P2); the most dangerous waits least; a drill moves no real unit (P9); a crew that carries a family has no
position outside its own station, and what a crew reports from the scene reaches intake sealed (P6).
"""
