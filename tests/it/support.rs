//! A workspace in a temporary folder, the program run in it, and a portal that can be asked.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;

use serde_json::Value;

/// The program under test.
pub const FYR: &str = env!("CARGO_BIN_EXE_fyr");

/// The project's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the shared fixtures, or a plain word that they are absent.
pub fn shared(relative: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(relative);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: ../shared/{relative} is absent; this test needs the shared fixtures");
    None
}

/// A workspace that is removed with the test.
pub struct Workspace {
    dir: tempfile::TempDir,
}

impl Workspace {
    /// An empty workspace with the given `fyr.toml`.
    pub fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Self { dir };
        workspace.write("fyr.toml", config);
        workspace
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file in it.
    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Registers a source at `https://source.example/<file>`, which the mirror maps to `www/`.
    pub fn source(&self, id: &str, file: &str) {
        self.write(
            &format!("catalog/sources/{id}.toml"),
            format!("url = \"https://source.example/{file}\"\n"),
        );
    }

    /// The command line, in English and without colour.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(FYR);
        command
            .args(args)
            .arg("--workspace")
            .arg(self.path())
            .arg("--lang")
            .arg("en")
            .current_dir(self.path());
        command
    }

    /// Runs it to its end.
    pub fn fyr(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs it with `--json` and gives the exit code and the document.
    pub fn json(&self, args: &[&str]) -> (i32, Value) {
        let output = self.command(args).arg("--json").output().unwrap();
        let document = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}\n{}\n{}", text(&output.stdout), text(&output.stderr)));
        (output.status.code().unwrap_or(-1), document)
    }

    /// An invented officer decides on each of the three interests.
    pub fn sign(&self, pipeline: &str) {
        for interest in ["information-security", "personal-data", "national-security"] {
            let words = [
                "sign",
                pipeline,
                "--interest",
                interest,
                "--by",
                "Test Testsson",
                "--role",
                "testare",
            ];
            let rest = ["--organisation", "299999-0019", "--ground", "test"];
            let output = self.command(&words).args(rest).output().unwrap();
            assert!(output.status.success(), "{pipeline}: {}", text(&output.stderr));
        }
    }

    /// Starts the portal on a free port.
    pub fn serve(&self) -> Portal {
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let base = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split("http://")
                    .nth(1)
                    .map(|rest| format!("http://{}", rest.trim_end_matches('/')))
            })
            .expect("the portal says where it answers");
        std::thread::spawn(move || lines.for_each(drop));
        Portal { child, base }
    }
}

/// A running portal; killed with the test.
pub struct Portal {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Portal {
    /// GET: status and body.
    pub fn get(&self, path: &str) -> (u16, Vec<u8>) {
        self.get_as(path, "*/*")
    }

    /// A query in the body of a POST (SPARQL 1.1 Protocol, 2.1.3): status and body.
    pub fn ask(&self, query: &str) -> (u16, Vec<u8>) {
        let (url, query) = (format!("{}/sparql", self.base), query.to_owned());
        on_runtime(async move {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = client
                .post(url)
                .header("content-type", "application/sparql-query")
                .header("accept", "application/sparql-results+json");
            let answer = request.body(query).send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
        })
    }

    /// GET with an `Accept`.
    pub fn get_as(&self, path: &str, accept: &str) -> (u16, Vec<u8>) {
        let url = format!("{}{path}", self.base);
        let accept = accept.to_owned();
        on_runtime(async move {
            let answer = reqwest::Client::builder()
                .no_proxy()
                .build()
                .unwrap()
                .get(url)
                .header("accept", accept)
                .send()
                .await
                .unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
        })
    }
}

fn on_runtime<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// Bytes as text for messages.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Exit code and standard error.
pub fn ended(output: &Output) -> (i32, String) {
    (output.status.code().unwrap_or(-1), text(&output.stderr))
}
