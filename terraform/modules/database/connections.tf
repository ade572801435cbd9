# How many connections the database takes, so that a plan can refuse pools that would not fit. Aurora sets
# LEAST({DBInstanceClassMemory/9531392}, 5000) with the memory of max_acu, which is less than the 2 GiB of each unit, as it
# keeps some itself. "Maximum connections for Aurora Serverless v2" in its user guide gives 189 for 1 ACU, 823 for 4, 1669
# for 8, 3360 for 16 and 5000 from 32 on: a straight line. With min_acu 0 or 0.5 it is 2000 at most. The parameter is
# static: after a change of capacity each instance must be restarted before it has the new number.
locals {
  max_connections = min(
    floor(211.43 * var.capacity.max_acu - 22.4),
    var.capacity.min_acu <= 0.5 ? 2000 : 5000,
  )
}
