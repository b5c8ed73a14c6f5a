//! Texts for the command line.

use etalon_core::engine::{ETALON_VERSION, REDIS_VERSION};

use crate::allocator;

/// What `--help` prints.
pub const HELP: &str = "\
Usage: etalon-server [FILE] [--NAME VALUE...]... [-]

  FILE             a configuration file, in the format of redis.conf
  --NAME VALUE...  any directive of that file; these win over the file
  -                first or last: read more configuration from standard input
  -v, --version    print the version
  -h, --help       print this

Examples:
  etalon-server                                 the defaults: port 6379
  etalon-server --port 7777 --maxmemory 128mb
  etalon-server /etc/redis/6379.conf --loglevel verbose
  echo 'port 7777' | etalon-server -
";

/// What `--test-memory` without a size prints.
pub const TEST_MEMORY: &str = "\
Please specify the amount of memory to test in megabytes.
Example: etalon-server --test-memory 4096
";

/// The version line: in Redis's form, because programs parse it.
pub fn version() -> String {
    format!(
        "Redis server v={REDIS_VERSION} sha=00000000:0 malloc={} bits={} build=etalon-{ETALON_VERSION}",
        allocator::NAME,
        usize::BITS
    )
}

/// The logo, for terminals and `always-show-logo`.
pub fn logo(port: u16) -> String {
    format!(
        "
    ______________________________
   |  .  :  .  :  .  |  .  :  .  :|     Etalon {ETALON_VERSION}, as Redis {REDIS_VERSION}, {} bit
   |__|_____|_____|_____|_____|___|
      0     1     2     3     4         Running in standalone mode
                                        Port: {port}
         e   t   a   l   o   n          PID: {}

",
        usize::BITS,
        std::process::id()
    )
}
