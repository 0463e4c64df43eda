"""Which cards are of one person: what cards say is compared, without I/O.

``keys`` brings cards together that may be alike, ``evidence`` weighs a pair of them, ``verdict``
says what that comes to, and ``scan`` does so for many cards, ``clusters`` for what hangs together.
"""
