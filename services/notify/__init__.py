"""notify owns centres, rotas, handovers and deliveries: it carries the packet to the centre until a human answers.

It promises: one live handover per incident, offered to one centre after the other until one takes it on or the operator
is told that none did (P2); silence calls the next person, never nobody; where a child is involved, child protection is
told once; a drill pages nobody (P9); without her consent a centre learns number, region, language and head-count (P6).
"""
