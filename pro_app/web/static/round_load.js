// round_load
