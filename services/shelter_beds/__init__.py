"""shelter_beds owns shelters, rooms and placements: what is free, who said so and when, what is held for whom.

It promises: one room, one family at any instant (P3); a freed room goes to whoever waits in the greatest danger, never
to a newcomer; a hold ends by its clock and nothing is forgotten (P2); where a shelter is leaves this service only as
the meeting point its staff chose, to the crew that carries this family, and logged (P6); a drill holds no real room
(P9).
"""
