"""intake owns incidents: the call, the risk screen, the people, the needs, the three legs and their clocks.

It promises: what was accepted is kept (P1); every leg is answered or a human is told, even with the bus down (P2);
danger only rises by itself (P7); and it asks the others until each has answered for the present version (P5).
It shows the operator the whole picture by listening to the others' answers.
"""
