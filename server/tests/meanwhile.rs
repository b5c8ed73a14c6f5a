//! What happens while data is being written or read, made slow by `rdb-key-save-delay` and `key-load-delay`: the end of the
//! process, what clients are told, how far it has come.

mod harness;

use harness::{Folder, Server, wait_until};

/// Slow enough that nothing ends by itself.
const ENDLESS: &str = "CONFIG SET rdb-key-save-delay 1000000";
const FAST: &str = "CONFIG SET rdb-key-save-delay 0";

/// A server with a hundred keys.
fn filled(arguments: &[&str]) -> Server {
    let server = Server::start_in(Folder::new(), arguments);
    assert_eq!(server.client().ask("DEBUG POPULATE 100"), "OK");
    server
}

fn field(server: &Server, name: &str) -> String {
    let info = server.client().ask("INFO persistence");
    let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{name} in {info}")).to_owned()
}

/// Ends it with a signal, or with a command that is not answered.
fn end(server: &mut Server, how: &str) {
    match how {
        "TERM" | "INT" => server.signal(how),
        command => {
            let mut client = server.client();
            client.send(format!("{command}\r\n").as_bytes());
            assert_eq!(client.reply(), None);
        }
    }
    assert_eq!(server.exit_code(), 0, "{how}");
}

#[test]
fn a_save_in_the_background_does_not_delay_the_end_and_leaves_nothing() {
    for (save, how, saved) in [
        ("3600 1", "SHUTDOWN", "101"),
        ("3600 1", "TERM", "101"),
        ("3600 1", "SHUTDOWN NOSAVE", "0"),
        ("", "SHUTDOWN SAVE", "101"),
        ("", "INT", "0"),
    ] {
        let mut server = filled(&["--save", save]);
        let mut client = server.client();
        for command in [ENDLESS, "BGSAVE", FAST, "SET later 1"] {
            assert!(!client.ask(command).starts_with('-'), "{command}");
        }
        wait_until("the file", || server.folder.names().iter().any(|name| name.starts_with("temp-")));
        end(&mut server, how);
        server.wait_for_log("There is a child saving an .rdb. Killing it!");
        let expected: &[&str] = if saved == "0" { &[] } else { &["dump.rdb"] };
        assert_eq!(server.folder.names(), expected, "{how} with save {save:?}");
        let server = Server::start_in(server.into_folder(), &[]);
        assert_eq!(server.client().ask("DBSIZE"), saved, "{how} with save {save:?}");
    }
}

#[test]
fn a_rewrite_does_not_delay_the_end_and_the_log_is_whole() {
    const SETTINGS: [&str; 4] = ["--appendonly", "yes", "--save", ""];
    for how in ["TERM", "SHUTDOWN"] {
        let mut server = Server::start_in(Folder::new(), &SETTINGS);
        let mut client = server.client();
        for command in ["SET before 1", ENDLESS, "BGREWRITEAOF", FAST, "SET during 1"] {
            assert!(!client.ask(command).starts_with('-'), "{command}");
        }
        assert_eq!(field(&server, "aof_rewrite_in_progress"), "1");
        end(&mut server, how);
        server.wait_for_log("There is a child rewriting the AOF. Killing it!");
        let names = server.folder.names();
        assert!(names.iter().all(|name| name.starts_with("appendonlydir/appendonly.aof.")), "{names:?}");
        let server = Server::start_in(server.into_folder(), &SETTINGS);
        assert_eq!(server.client().ask("EXISTS before during"), "2");
    }
}

#[test]
fn the_end_is_refused_while_the_first_base_is_written() {
    let mut server = filled(&["--save", ""]);
    let mut client = server.client();
    for command in [ENDLESS, "CONFIG SET appendonly yes", FAST, "SET later 1"] {
        assert_eq!(client.ask(command), "OK");
    }
    for command in ["SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN SAVE"] {
        assert_eq!(client.ask(command), "-ERR Errors trying to SHUTDOWN. Check logs.");
    }
    server.signal("TERM");
    wait_until("the refusals", || server.log().matches("Writing initial AOF, can't exit.").count() == 4);
    assert_eq!(client.ask("GET later"), "1");
    end(&mut server, "SHUTDOWN NOSAVE FORCE");
    server.wait_for_log("Writing initial AOF. Exit anyway.");
}

#[test]
fn a_save_that_is_scheduled_during_a_rewrite_follows_it() {
    let server = filled(&["--appendonly", "yes", "--save", ""]);
    let mut client = server.client();
    assert_eq!(client.ask("CONFIG SET rdb-key-save-delay 20000"), "OK");
    assert_eq!(client.ask("BGREWRITEAOF"), "Background append only file rewriting started");
    assert_eq!(client.ask(FAST), "OK");
    let refusal = client.ask("BGSAVE");
    assert!(refusal.starts_with("-ERR Another child process is active (AOF?)"), "{refusal}");
    assert_eq!(client.ask("BGSAVE SCHEDULE"), "Background saving scheduled");
    assert_eq!((field(&server, "rdb_bgsave_in_progress"), field(&server, "rdb_saves")), ("0".into(), "0".into()));
    assert_eq!(field(&server, "current_save_keys_total"), "100");
    wait_until("progress", || field(&server, "current_save_keys_processed") != "0");
    server.wait_for_log("Background AOF rewrite finished successfully");
    server.wait_for_log("Background saving terminated with success");
    assert_eq!(field(&server, "rdb_saves"), "1");
    assert!(server.folder.names().contains(&"dump.rdb".to_owned()));
}

#[test]
fn clients_are_told_that_data_is_being_loaded_and_how_far_that_is() {
    let server = Server::start_in(Folder::new(), &["--save", "", "--appendonly", "yes"]);
    let mut client = server.client();
    for number in 0..2000 {
        client.send(format!("SET key:{number} {number}\r\n").as_bytes());
    }
    (0..2000).for_each(|_| assert_eq!(client.reply().as_deref(), Some("OK")));
    assert_eq!(client.ask("SAVE"), "OK");
    let mut folder = server.into_folder();
    for appendonly in ["yes", "no"] {
        let settings = ["--loading-process-events-interval-bytes", "1024", "--key-load-delay", "10000"];
        let server = Server::start_loading(folder, &[&settings[..], &["--appendonly", appendonly]].concat());
        let mut client = server.client();
        for command in ["GET key:1", "PING", "DBSIZE", "BGSAVE", "BGREWRITEAOF", "EVAL 'return 1' 0"] {
            let refusal = "-LOADING Redis is loading the dataset in memory";
            assert_eq!(client.ask(command), refusal, "{command}");
        }
        assert_eq!(client.ask("CONFIG GET appendonly"), format!("appendonly {appendonly}"));
        assert_eq!(field(&server, "loading"), "1");
        let number = |name| field(&server, name).parse::<u64>().expect("a number");
        wait_until("the size of the files", || number("loading_total_bytes") > 20_000);
        let before = number("loading_loaded_bytes");
        wait_until("progress", || number("loading_loaded_bytes") > before);
        assert!(number("loading_loaded_bytes") < number("loading_total_bytes"));
        assert_eq!(client.ask("CONFIG SET key-load-delay 0"), "OK");
        wait_until("the end", || field(&server, "loading") == "0");
        assert_eq!(client.ask("DBSIZE"), "2000");
        folder = server.into_folder();
    }
}

#[test]
fn the_end_does_not_wait_for_what_is_being_loaded_and_changes_no_file() {
    let server = filled(&[]);
    assert_eq!(server.client().ask("SAVE"), "OK");
    let folder = server.into_folder();
    let before = std::fs::read(folder.0.join("dump.rdb")).expect("a file");
    let mut server = Server::start_loading(folder, &["--save", "3600 1", "--key-load-delay", "1000000"]);
    end(&mut server, "TERM");
    assert_eq!(std::fs::read(server.folder.0.join("dump.rdb")).expect("a file"), before);
    assert_eq!(server.folder.names(), ["dump.rdb"]);
}
