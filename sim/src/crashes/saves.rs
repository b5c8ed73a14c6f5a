//! What is known about `dump.rdb` from outside: which saves there were, of which data, and how far each has come.
//!
//! ```text
//!   begun ──► rename asked for: a crash may leave it ──► called done: nothing older may come back
//! ```

use crate::image::Image;

/// The saves of one data folder.
#[derive(Clone, Debug, Default)]
pub struct Saves {
    /// The data that the last save which was called done has.
    done: Image,
    /// Those of later ones whose rename has been asked for, in order.
    renamed: Vec<Image>,
    current: Option<Image>,
    is_renaming: bool,
    /// What a reader of the name finds as long as the machine runs.
    visible: Image,
    opened: Image,
}

impl Saves {
    pub fn begin(&mut self, image: Image) {
        self.current = Some(image);
    }

    /// The new file is about to take the place of the old one.
    pub fn begin_rename(&mut self) {
        self.renamed.extend(self.current.clone());
        self.is_renaming = true;
    }

    /// Whether it did, as far as a reader can see.
    pub fn end_rename(&mut self, done: bool) {
        self.is_renaming = false;
        if done {
            self.visible = self.renamed.last().cloned().unwrap_or_default();
        }
    }

    /// The node says that it is saved. Errors: there is no save.
    pub fn call_done(&mut self) -> Result<(), String> {
        let Some(image) = self.current.take() else {
            return Err("the node calls a save done that there is none of".into());
        };
        self.renamed.clear();
        self.done = image;
        Ok(())
    }

    /// Digests of what may come back after the power has failed.
    pub fn allowed_digests(&self, now_ms: i64) -> Vec<u64> {
        self.renamed.iter().rev().chain([&self.done]).map(|image| image.digest(now_ms)).collect()
    }

    /// The node opens the file.
    pub fn open(&mut self) {
        self.opened = self.visible.clone();
    }

    /// What it must find in there.
    pub fn opened(&self) -> &Image {
        &self.opened
    }

    /// These data came back. `machine_ran_on`: the disk is as it was. Whether they are older than they could be. Errors: they are
    /// no save that may be there.
    pub fn recover(&mut self, found: &Image, now_ms: i64, machine_ran_on: bool) -> Result<bool, String> {
        let digest = found.digest(now_ms);
        let allowed: Vec<&Image> = match machine_ran_on {
            true => self.renamed.last().filter(|_| self.is_renaming).into_iter().chain([&self.visible]).collect(),
            false => self.renamed.iter().rev().chain([&self.done]).collect(),
        };
        let Some(at) = allowed.iter().position(|image| image.digest(now_ms) == digest) else {
            let (found_keys, keys) = (found.len(now_ms), allowed[0].len(now_ms));
            let difference = found.difference(allowed[0], now_ms);
            return Err(format!(
                "P5: the node came back with {found_keys} keys, which are no save that may be there (the newest of {} has \
                 {keys} keys); {difference}",
                allowed.len(),
            ));
        };
        let image = allowed[at].clone();
        if machine_ran_on {
            // It is seen, and still not durable if it was not.
            *self = Saves {
                visible: image,
                done: std::mem::take(&mut self.done),
                renamed: std::mem::take(&mut self.renamed),
                ..Saves::default()
            };
        } else {
            *self = Saves { done: image.clone(), visible: image, ..Saves::default() };
        }
        Ok(at > 0)
    }
}
