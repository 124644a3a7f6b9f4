//! Files from the internet: one try a host.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Write, copy},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use reqwest::{Url, blocking::Client};
use tempfile::NamedTempFile;
use zip::ZipArchive;

use super::cache::PART;
use crate::report;

const CONNECT: Duration = Duration::from_secs(5);
/// Between two pieces of an answer.
const STALL: Duration = Duration::from_secs(30);
/// No model or archive of models is larger; stops an endless answer.
const MOST: u64 = 2 << 30;

/// Fetches addresses, and remembers which hosts cannot be reached.
#[derive(Debug)]
pub(crate) struct Downloader {
    client: Option<Client>,
    failed: BTreeMap<String, String>,
    archives: BTreeMap<String, NamedTempFile>,
    scratch: PathBuf,
}

impl Downloader {
    /// One that keeps archives in `scratch` while it lives.
    pub(crate) fn new(scratch: &Path) -> Self {
        Self {
            client: None,
            failed: BTreeMap::new(),
            archives: BTreeMap::new(),
            scratch: scratch.to_owned(),
        }
    }

    /// Writes what is at `url`, or its `member` when it is a zip archive, into `file`.
    ///
    /// # Errors
    /// A host that cannot be reached now or could not before, an answer other than 200, an archive without the member.
    pub(crate) fn fetch(&mut self, url: &str, member: Option<&str>, file: &mut File) -> Result<()> {
        let Some(member) = member else {
            return self.download(url, file);
        };
        if !self.archives.contains_key(url) {
            let mut archive = tempfile::Builder::new()
                .prefix(PART)
                .tempfile_in(&self.scratch)
                .context("the cache cannot be written")?;
            self.download(url, archive.as_file_mut())?;
            self.archives.insert(url.to_owned(), archive);
        }
        let archive = self.archives.get(url).context("the archive is gone")?;
        extract(
            archive.path(),
            |name| name == member || name.ends_with(&format!("/{member}")),
            file,
        )
        .with_context(|| format!("{url} has no usable member {member}"))
    }

    fn download(&mut self, url: &str, file: &mut File) -> Result<()> {
        let address = Url::parse(url).with_context(|| format!("{url} is not an address"))?;
        let host = address.host_str().unwrap_or_default().to_owned();
        if let Some(reason) = self.failed.get(&host) {
            bail!("{host} {reason}");
        }
        let name = address
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let client = self.client()?;
        // Only what keeps the next address of the host from working too counts against the host.
        let response = client
            .get(address)
            .send()
            .map_err(|error| self.give_up(&host, &error))?;
        ensure!(
            response.status().is_success(),
            "{url} answers {}",
            response.status()
        );
        let bar = report::bytes_bar(&name, response.content_length());
        let copied = copy(&mut bar.wrap_read(response).take(MOST), file);
        bar.finish_and_clear();
        copied
            .map(drop)
            .map_err(|error| self.give_up(&host, &error))
    }

    fn give_up(&mut self, host: &str, error: &(dyn std::error::Error + 'static)) -> anyhow::Error {
        // The last cause is the one that says something: "dns error", "connection refused".
        let cause = std::iter::successors(Some(error), |error| error.source())
            .last()
            .map(ToString::to_string)
            .unwrap_or_default();
        let reason = format!("cannot be reached ({cause})");
        self.failed.insert(host.to_owned(), reason.clone());
        anyhow!("{host} {reason}")
    }

    fn client(&mut self) -> Result<Client> {
        if self.client.is_none() {
            let client = Client::builder()
                .connect_timeout(CONNECT)
                .timeout(STALL)
                .build()
                .context("the HTTP client cannot start")?;
            self.client = Some(client);
        }
        self.client.clone().context("the HTTP client cannot start")
    }
}

/// Writes the first member of the zip archive at `archive` whose name `wanted` accepts.
///
/// # Errors
/// A damaged archive, none with such a name, a disk that is full.
pub(crate) fn extract(
    archive: &Path,
    wanted: impl Fn(&str) -> bool,
    target: &mut impl Write,
) -> Result<()> {
    let mut zip = ZipArchive::new(File::open(archive)?)?;
    let names: Vec<_> = zip.file_names().collect::<Result<_, _>>()?;
    let position = names
        .iter()
        .position(|name| wanted(name))
        .context("it is not there")?;
    drop(names);
    copy(&mut zip.by_index(position)?.take(MOST), target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Seek as _, SeekFrom},
        net::TcpListener,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    /// A server that gives `answer` to every request and counts them.
    fn serve(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).unwrap();
                stream.write_all(&answer).unwrap();
            }
        });
        (address, count)
    }

    fn ok(body: &[u8], length: usize) -> Vec<u8> {
        let mut answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")
                .into_bytes();
        answer.extend_from_slice(body);
        answer
    }

    fn fetched(downloader: &mut Downloader, url: &str, member: Option<&str>) -> Result<String> {
        let mut file = tempfile::tempfile().unwrap();
        downloader.fetch(url, member, &mut file)?;
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    #[test]
    fn a_file_and_the_members_of_one_archive_arrive() {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["buffalo/one.onnx", "two.onnx"] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        let zip = zip.finish().unwrap().into_inner();
        let scratch = tempfile::tempdir().unwrap();
        let mut downloader = Downloader::new(scratch.path());

        let (plain, _) = serve(ok(b"hello", 5));
        assert_eq!(
            fetched(&mut downloader, &format!("{plain}/model.onnx"), None).unwrap(),
            "hello"
        );
        let (zipped, requests) = serve(ok(&zip, zip.len()));
        assert_eq!(
            fetched(&mut downloader, &zipped, Some("one.onnx")).unwrap(),
            "buffalo/one.onnx"
        );
        assert_eq!(
            fetched(&mut downloader, &zipped, Some("two.onnx")).unwrap(),
            "two.onnx"
        );
        let missing = fetched(&mut downloader, &zipped, Some("three.onnx")).unwrap_err();
        assert!(
            missing.to_string().contains("no usable member three.onnx"),
            "{missing}"
        );
        assert_eq!(
            requests.load(Ordering::SeqCst),
            1,
            "the archive is fetched once"
        );

        drop(downloader);
        assert_eq!(scratch.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_host_that_fails_is_not_asked_again() {
        let scratch = tempfile::tempdir().unwrap();
        let mut downloader = Downloader::new(scratch.path());
        // Cut off in the middle of the body.
        let (address, requests) = serve(ok(b"hel", 5));
        for path in ["a", "b", "c"] {
            let error = fetched(&mut downloader, &format!("{address}/{path}"), None).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with("127.0.0.1 cannot be reached ("),
                "{error}"
            );
        }
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_missing_file_does_not_count_against_its_host() {
        let scratch = tempfile::tempdir().unwrap();
        let mut downloader = Downloader::new(scratch.path());
        let (address, requests) = serve(
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        );
        for path in ["a", "b"] {
            let error = fetched(&mut downloader, &format!("{address}/{path}"), None).unwrap_err();
            assert!(
                error.to_string().ends_with("answers 404 Not Found"),
                "{error}"
            );
        }
        assert_eq!(requests.load(Ordering::SeqCst), 2);
    }
}
