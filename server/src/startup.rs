//! From the command line to a server that listens, in the order in which `redis-server` does it and logs it.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};

use mio::Poll;

use etalon_core::Engine;
use etalon_core::config::{CommandLine, Config, LoadError};
use etalon_core::engine::REDIS_VERSION;

use crate::environment;
use crate::event_loop::{Driver, FILES, SIGNALS, Server};
use crate::files::Files;
use crate::listeners::Listeners;
use crate::loan::{Lendable, TurnTheLoop};
use crate::log::Log;
use crate::process::{self, Facts};
use crate::signals::Signals;
use crate::{clock, os, usage};

/// Starts the server and runs it to its end. Returns the exit code.
pub fn serve(mut command_line: CommandLine, no_arguments: bool) -> i32 {
    let mut log = Log::new();
    let mut config = match load(&mut command_line, &log) {
        Ok(config) => config,
        Err(code) => return code,
    };
    log.configure(&config);
    let background = !process::supervised(&config, &log) && config.daemonize;
    if background && let Err(error) = process::go_to_background() {
        log.warning(&format!("Can't go to the background: {}", os::reason(&error)));
        return 1;
    }
    announce(&log, no_arguments);
    log.set_role('M');
    let (mut engine, driver) = match initialise(&mut config, &mut log) {
        Ok(both) => both,
        Err(line) => {
            if !line.is_empty() {
                log.warning(&line);
            }
            return 1;
        }
    };
    let pid_file = pid_file(&config, background);
    if let Some(path) = &pid_file {
        process::write_pid_file(path, &log);
    }
    show_logo(&config, &log);
    check_backlog(&config, &log);
    log.warning("Server initialized");
    warn_of_missing_features(&config, &log);
    let mut server = Server { engine: &mut engine, driver: Lendable::new(driver) };
    let code = server.run();
    if code == 0 {
        server.say_goodbye(pid_file.as_deref());
    }
    code
}

fn load(command_line: &mut CommandLine, log: &Log) -> Result<Config, i32> {
    let mut config = Config { dir: environment::working_directory(), ..Config::default() };
    if let Some(path) = &mut command_line.config_file {
        *path = environment::absolute(path);
    }
    match config.load(command_line, &mut environment::Files::new()) {
        Ok(()) => Ok(config),
        Err(error @ LoadError::CannotOpen { .. }) => {
            log.warning(&String::from_utf8_lossy(&error.message()));
            Err(1)
        }
        Err(error) => {
            let _ = std::io::stderr().write_all(&error.message());
            Err(1)
        }
    }
}

fn announce(log: &Log, no_arguments: bool) {
    log.warning("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    log.warning(&format!(
        "Redis version={REDIS_VERSION}, bits={}, commit=00000000, modified=0, pid={}, just started",
        usize::BITS,
        std::process::id()
    ));
    if no_arguments {
        log.warning(
            "Warning: no config file specified, using the default config. In order to specify a config file use \
             etalon-server /path/to/redis.conf",
        );
    } else {
        log.warning("Configuration loaded");
    }
}

/// Sockets, signals, the engine. Errors: the line for the log, empty if it is there already.
fn initialise(config: &mut Config, log: &mut Log) -> Result<(Engine, Driver), String> {
    let failed = |what: &str, error: &std::io::Error| format!("{what}: {}", os::reason(error));
    process::adjust_open_files(config, log).map_err(|()| String::new())?;
    log.notice("monotonic clock: POSIX clock_gettime");
    if config.tls_port != 0 {
        return Err("TLS is not supported so far: tls-port must be 0.".into());
    }
    // Starting without them would let in whom they were to keep out.
    if config.has_other_users() {
        return Err("ACL users and ACL files are not supported so far: remove `user` and `aclfile`.".into());
    }
    if let Some(module) = config.extra.modules.first() {
        log.warning("Modules are not supported so far.");
        let path = String::from_utf8_lossy(&module[0]).into_owned();
        return Err(format!("Can't load module from {path}: server aborting"));
    }
    if !config.extra.module_settings.is_empty() {
        return Err(
            "Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting".into()
        );
    }
    let poll = Poll::new().map_err(|error| failed("Failed creating the event loop", &error))?;
    let signals = Signals::install(poll.registry(), SIGNALS).map_err(|error| failed("Installing signals", &error))?;
    let listeners = Listeners::open(config, poll.registry(), log)?;
    let files = Files::start(poll.registry(), FILES).map_err(|error| failed("Starting a thread", &error))?;
    let mut engine =
        Engine::new(config.clone(), seed().map_err(|error| failed("Reading /dev/urandom", &error))?, clock::now());
    engine.set_stopwatch(clock::monotonic_us);
    Facts::describe(engine.process_info());
    engine.set_interrupt(Box::new(TurnTheLoop));
    Ok((engine, Driver::new(log.clone(), poll, listeners, signals, files)))
}

/// What the engine leaves to chance differs between processes (HashDoS).
fn seed() -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn pid_file(config: &Config, background: bool) -> Option<Vec<u8>> {
    let named = config.pidfile.clone();
    if background { named.or_else(|| Some(process::DEFAULT_PID_FILE.into())) } else { named }
}

fn show_logo(config: &Config, log: &Log) {
    let shown = config.always_show_logo || log.is_stdout() && !config.syslog_enabled && std::io::stdout().is_terminal();
    if shown {
        log.write(&usage::logo(config.port));
    } else {
        log.notice(&format!("Running mode=standalone, port={}.", config.port));
    }
}

fn check_backlog(config: &Config, log: &Log) {
    let Ok(text) = std::fs::read_to_string("/proc/sys/net/core/somaxconn") else { return };
    if let Ok(most) = text.trim().parse::<u32>()
        && most > 0
        && most < config.tcp_backlog
    {
        log.warning(&format!(
            "WARNING: The TCP backlog setting of {} cannot be enforced because /proc/sys/net/core/somaxconn is set to \
             the lower value of {most}.",
            config.tcp_backlog
        ));
    }
}

/// Nothing that was asked for is left out silently.
fn warn_of_missing_features(config: &Config, log: &Log) {
    if config.syslog_enabled {
        log.warning("WARNING: syslog-enabled is not supported so far and has no effect.");
    }
    if config.cluster_enabled {
        log.warning("WARNING: cluster-enabled is not supported so far and has no effect.");
    }
    if config.replicaof.is_some() {
        log.warning("WARNING: replicaof is not supported so far and has no effect.");
    }
}
