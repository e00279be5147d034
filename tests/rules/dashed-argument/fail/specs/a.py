import sys

from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["my-day"])
print(args["my-day"])
