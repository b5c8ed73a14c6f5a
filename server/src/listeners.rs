//! The sockets that the server listens on: TCP addresses from `bind`, and a Unix socket.
//!
//! An address that begins with `-` may be missing on this machine; any other failure undoes the whole change. Errors
//! have the words of Redis's log.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use mio::event::Source;
use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket, Type};

use etalon_core::config::Config;

use crate::log::Log;
use crate::os;

/// Tokens of listeners: from 1 up to here. Redis allows 16 addresses, and while they are replaced there are twice as many.
pub const LISTENERS_MAX: usize = 63;

/// One listening socket.
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// All listening sockets, by token.
pub struct Listeners {
    slots: Vec<Option<Entry>>,
}

struct Entry {
    listener: Listener,
    /// Address and port that it was opened for; `None` for the Unix socket.
    origin: Option<(Vec<u8>, u16)>,
}

impl Listeners {
    /// Opens what the configuration asks for. Errors: the line for the log; some sockets may be open.
    pub fn open(config: &Config, registry: &Registry, log: &Log) -> Result<Listeners, String> {
        let mut listeners = Listeners { slots: (0..=LISTENERS_MAX).map(|_| None).collect() };
        if config.port != 0 {
            let opened = open_tcp(&config.bind, config.port, config, log)
                .map_err(|()| format!("Failed listening on port {} (TCP), aborting.", config.port))?;
            listeners.add(opened, registry).map_err(|error| os::reason(&error))?;
        }
        if let Some(path) = &config.unixsocket {
            let entry = open_unix(path, config).map_err(|text| format!("Failed opening Unix socket: {text}"))?;
            listeners.add(vec![entry], registry).map_err(|error| os::reason(&error))?;
        }
        if listeners.slots.iter().all(Option::is_none) {
            return Err("Configured to not listen anywhere, exiting.".into());
        }
        Ok(listeners)
    }

    pub fn get(&self, token: Token) -> Option<&Listener> {
        self.slots.get(token.0)?.as_ref().map(|entry| &entry.listener)
    }

    /// Tokens in use.
    pub fn tokens(&self) -> impl Iterator<Item = Token> {
        (0..self.slots.len()).filter(|&at| self.slots[at].is_some()).map(Token)
    }

    /// Listens on another port (`CONFIG SET port`). The old sockets are closed once the new ones are open; on an error
    /// nothing has changed, and the reason is in the log.
    pub fn change_port(&mut self, config: &Config, registry: &Registry, log: &Log) -> Result<(), ()> {
        let before = self.tcp_slots();
        if config.port != 0 {
            if before.iter().all(|&at| self.origin(at).is_some_and(|(_, port)| *port == config.port))
                && !before.is_empty()
            {
                return Ok(());
            }
            let opened = open_tcp(&config.bind, config.port, config, log)?;
            self.add(opened, registry).map_err(|error| log.warning(&os::reason(&error)))?;
        }
        self.close(&before, registry);
        Ok(())
    }

    /// Listens on other addresses (`CONFIG SET bind`). Sockets of addresses that stay are kept, so that no connection
    /// attempt is lost on them; on an error the old addresses are listened on again.
    pub fn change_bind(&mut self, config: &Config, registry: &Registry, log: &Log) -> Result<(), ()> {
        if config.port == 0 {
            return Ok(());
        }
        let plain = |address: &[u8]| address.strip_prefix(b"-").unwrap_or(address).to_vec();
        let wanted: Vec<Vec<u8>> = config.bind.iter().map(|address| plain(address)).collect();
        let (kept, closed): (Vec<usize>, Vec<usize>) = self.tcp_slots().into_iter().partition(|&at| {
            self.origin(at).is_some_and(|(address, port)| wanted.contains(address) && *port == config.port)
        });
        let kept: Vec<Vec<u8>> = kept.iter().filter_map(|&at| self.origin(at)).map(|(a, _)| a.clone()).collect();
        let former: Vec<(Vec<u8>, u16)> = closed.iter().filter_map(|&at| self.origin(at)).cloned().collect();
        self.close(&closed, registry);
        let missing: Vec<Vec<u8>> =
            config.bind.iter().filter(|address| !kept.contains(&plain(address))).cloned().collect();
        let opened = match open_tcp(&missing, config.port, config, log) {
            Ok(opened) => opened,
            Err(()) => {
                for (address, port) in former {
                    if let Ok(again) = open_tcp(&[address], port, config, log) {
                        let _ = self.add(again, registry);
                    }
                }
                return Err(());
            }
        };
        self.add(opened, registry).map_err(|error| log.warning(&os::reason(&error)))
    }

    /// Path of the Unix socket.
    pub fn unix_path(&self) -> Option<&PathBuf> {
        self.slots.iter().flatten().find_map(|entry| match &entry.listener {
            Listener::Unix(_, path) => Some(path),
            Listener::Tcp(_) => None,
        })
    }

    fn origin(&self, at: usize) -> Option<&(Vec<u8>, u16)> {
        self.slots[at].as_ref()?.origin.as_ref()
    }

    fn tcp_slots(&self) -> Vec<usize> {
        (0..self.slots.len()).filter(|&at| self.origin(at).is_some()).collect()
    }

    fn close(&mut self, slots: &[usize], registry: &Registry) {
        for &at in slots {
            if let Some(Entry { listener: Listener::Tcp(mut listener), .. }) = self.slots[at].take() {
                let _ = listener.deregister(registry);
            }
        }
    }

    fn add(&mut self, entries: Vec<Entry>, registry: &Registry) -> io::Result<()> {
        for mut entry in entries {
            let free = (1..self.slots.len()).find(|&at| self.slots[at].is_none());
            let at = free.ok_or_else(|| io::Error::other("too many addresses to listen on"))?;
            match &mut entry.listener {
                Listener::Tcp(listener) => listener.register(registry, Token(at), Interest::READABLE)?,
                Listener::Unix(listener, _) => listener.register(registry, Token(at), Interest::READABLE)?,
            }
            self.slots[at] = Some(entry);
        }
        Ok(())
    }
}

/// Opens sockets for all addresses, or none. The reason of a failure goes to the log.
fn open_tcp(bind: &[Vec<u8>], port: u16, config: &Config, log: &Log) -> Result<Vec<Entry>, ()> {
    let mut opened = Vec::with_capacity(bind.len());
    for address in bind {
        let (optional, name) = match address.strip_prefix(b"-") {
            Some(name) => (true, name),
            None => (false, address.as_slice()),
        };
        match open_address(name, port, config.tcp_backlog) {
            Ok(listener) => {
                let origin = Some((name.to_vec(), port));
                opened.push(Entry { listener: Listener::Tcp(TcpListener::from_std(listener)), origin });
            }
            Err((step, error)) => {
                let shown = String::from_utf8_lossy(name);
                let reason = os::reason(&error);
                if !(optional && unavailable(&error)) || error.raw_os_error() == Some(libc::EADDRNOTAVAIL) {
                    log.warning(&format!(
                        "Warning: Could not create server TCP listening socket {shown}:{port}: {step}: {reason}"
                    ));
                }
                if !(optional && error.raw_os_error() == Some(libc::EADDRNOTAVAIL) || unavailable(&error)) {
                    return Err(());
                }
            }
        }
    }
    Ok(opened)
}

/// Whether the machine has no such kind of address at all.
fn unavailable(error: &io::Error) -> bool {
    use libc::{EAFNOSUPPORT, ENOPROTOOPT, EPFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT};
    let missing = [ENOPROTOOPT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPFNOSUPPORT, EAFNOSUPPORT];
    error.raw_os_error().is_some_and(|number| missing.contains(&number))
}

type Step = &'static str;

fn open_address(name: &[u8], port: u16, backlog: u32) -> Result<std::net::TcpListener, (Step, io::Error)> {
    let address = resolve(name, port).map_err(|error| ("Name or service not known", error))?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))
        .map_err(|error| ("socket", error))?;
    if address.is_ipv6() {
        socket.set_only_v6(true).map_err(|error| ("setsockopt", error))?;
    }
    socket.set_reuse_address(true).map_err(|error| ("setsockopt SO_REUSEADDR", error))?;
    socket.bind(&address.into()).map_err(|error| ("bind", error))?;
    socket.listen(backlog as i32).map_err(|error| ("listen", error))?;
    socket.set_nonblocking(true).map_err(|error| ("fcntl", error))?;
    Ok(socket.into())
}

fn resolve(name: &[u8], port: u16) -> io::Result<SocketAddr> {
    let any = match name {
        b"*" => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        b"::*" => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        _ => None,
    };
    if let Some(address) = any {
        return Ok(SocketAddr::new(address, port));
    }
    let name = std::str::from_utf8(name).map_err(|_| io::Error::other("not a name"))?;
    // As the original: an address with a colon is IPv6, everything else IPv4.
    let ipv6 = name.contains(':');
    let mut found = (name, port).to_socket_addrs()?;
    found.find(|address| address.is_ipv6() == ipv6).ok_or_else(|| io::Error::other("no address of that kind"))
}

fn open_unix(path: &[u8], config: &Config) -> Result<Entry, String> {
    let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
    // A socket that an earlier process left behind.
    let _ = fs::remove_file(&path);
    let failed = |step: &str, error: &io::Error| format!("{step}: {}", os::reason(error));
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(|error| failed("socket", &error))?;
    let address = socket2::SockAddr::unix(&path).map_err(|error| failed("bind", &error))?;
    socket.bind(&address).map_err(|error| failed("bind", &error))?;
    socket.listen(config.tcp_backlog as i32).map_err(|error| failed("listen", &error))?;
    if config.unixsocketperm != 0 {
        let mode = fs::Permissions::from_mode(config.unixsocketperm);
        fs::set_permissions(&path, mode).map_err(|error| failed("chmod", &error))?;
    }
    socket.set_nonblocking(true).map_err(|error| failed("fcntl", &error))?;
    let listener = UnixListener::from_std(socket.into());
    Ok(Entry { listener: Listener::Unix(listener, path), origin: None })
}
