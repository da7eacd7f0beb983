//! Configuration: the untrusted file of a workspace, and which files are private.

use expect_test::expect;
use integration::Sandbox;

#[test]
fn a_workspace_file_sets_only_allowed_keys() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n//- /gen/b.rs\nfn b() {}\n");
    sandbox.write(
        "repo-lsp.toml",
        "log = 'trace'\n[index]\nexclude = ['gen/**']\nthreads = 1\n",
    );
    let output = sandbox.run(&["status", "--json"]);
    expect![[r#"
        warning: $SANDBOX/work/demo/repo-lsp.toml:1: log: not allowed in a workspace file; set it in your config.toml or in your editor's settings
        warning: $SANDBOX/work/demo/repo-lsp.toml:4: index.threads: not allowed in a workspace file; set it in your config.toml or in your editor's settings
    "#]].assert_eq(&output.stderr);
    let status: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(status["languages"]["rust"], 1, "{status}");
}

#[test]
fn a_workspace_file_cannot_make_private_files_public() {
    let sandbox = Sandbox::new("//- /.env\nTOKEN=abc\n");
    sandbox.write("repo-lsp.toml", "[index]\nprivate = ['!**/.env']\n");
    assert_eq!(sandbox.json(&["status"])["skipped"][0]["reason"], "private");
    sandbox.remove("repo-lsp.toml");
    sandbox.configure("[index]\nprivate = ['!**/.env']\n");
    assert_eq!(
        sandbox.json(&["status"])["skipped"]
            .as_array()
            .map(Vec::len),
        Some(0),
        "the user configuration can"
    );
}

#[test]
fn the_nearest_marked_folder_is_the_workspace() {
    let sandbox = Sandbox::new("//- /inner/deep/a.rs\nfn a() {}\n//- /b.rs\nfn b() {}\n");
    let files_from = |folder: &str| {
        let output = sandbox
            .command(&["status", "--json"])
            .current_dir(sandbox.root().join(folder))
            .output()
            .unwrap();
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        status["languages"]["rust"].as_u64()
    };
    assert_eq!(
        files_from("inner/deep"),
        Some(2),
        "the repository that contains it"
    );
    sandbox.write("inner/repo-lsp.toml", "");
    assert_eq!(
        files_from("inner/deep"),
        Some(1),
        "the folder with its own repo-lsp.toml"
    );
}

#[test]
fn environment_variables_set_the_directories() {
    let sandbox = Sandbox::new("//- /a.rs\nfn a() {}\n");
    let elsewhere = sandbox.home().join("elsewhere");
    let output = sandbox
        .command(&["status", "--json"])
        .env("REPO_LSP_CACHE_DIR", &elsewhere)
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(elsewhere.join("index").is_dir() && !sandbox.cache().exists());
}

/// File names that are private by default, because such files contain secrets.
const SECRET: &str = "
.env  .ENV  .env.local  .env.production  .env.example.local  prod.env  config/staging.env  .envrc  app/.env  .env.php
credentials  aws/credentials  .aws/Credentials  credentials.json  Credentials.JSON  gcp-credentials.yaml  my_credential.toml
secret.json  secrets.yaml  Secrets.yml  app-secrets.ini  db.secret.cfg  client_secret_123.json  CLIENT_SECRET.json  user-secrets.conf
secret.properties  k8s/secret.xml  secrets.txt  service-account.json  my-service-account-key.json  prod.tfvars  terraform.tfvars
prod.auto.tfvars.json  terraform.tfstate  terraform.tfstate.backup  kubeconfig  kubeconfig-prod  kubeconfig.yaml  .kube/config
home/.kube/config  .dockercfg  .docker/config.json  .dockerconfigjson  key.asc  AuthKey_1.p8  server.pem  SERVER.PEM  tls/server.key
a.p12  a.pfx  release.jks  debug.keystore  vault.kdbx  putty.ppk  ring.gpg  id_rsa  id_rsa.pub  id_ed25519  id_ecdsa_work  id_dsa  ID_RSA
.netrc  _netrc  .npmrc  pkg/.npmrc  .pypirc  .git-credentials  .htpasswd  .pgpass
";

/// Similar file names that are not private: source code, templates, and names that share a word.
const HARMLESS: &str = "
environment.py  src/env.rs  env.py  .env.example  .env.sample  .env.template  app/.env.example  dotenv.ts  environments.yaml
secretary.py  secrets.py  src/secret.rs  credentials.go  credential_store.java  CredentialProvider.cs  secret_test.rb  use-secrets.ts
docs/secrets.md  keyboard.rs  key.rs  monkey.py  keystore.java  keys.md  tokenizer.json  token.rs  package.json  secrets/package.json
secret-manager/Cargo.toml  credentials/pyproject.toml  kubeconfig.go  pkg/kubeconfig/load.go  kube/config  docker/config.json  Dockerfile
tfvars.go  main.tf  id_rsa_test.go  identity.py  netrc.py  npmrc.md  pem.rs  account.json  service.json  accounts.yaml  certificate.rs
";

#[test]
fn secret_files_are_private_and_similar_names_are_not() {
    let sandbox = Sandbox::new("");
    // Each file has its own folder, because some names differ only in case and some are a folder in the path of another.
    let put = |folder: &str, names: &str| -> Vec<String> {
        let names = names.split_whitespace().enumerate();
        names
            .map(|(number, name)| {
                let path = format!("{folder}/{number}/{name}");
                sandbox.write(&path, "x = 1\n");
                path
            })
            .collect()
    };
    let (mut secret, harmless) = (put("a", SECRET), put("b", HARMLESS));
    assert!(secret.len() >= 60 && harmless.len() >= 40);
    let status = sandbox.json(&["status"]);
    let mut private: Vec<String> = status["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap().to_owned())
        .collect();
    private.sort();
    secret.sort();
    let read: Vec<_> = secret.iter().filter(|p| !private.contains(p)).collect();
    let hidden: Vec<_> = private.iter().filter(|p| !secret.contains(p)).collect();
    assert!(read.is_empty(), "secret files that are indexed: {read:#?}");
    assert!(
        hidden.is_empty(),
        "harmless files that are private: {hidden:#?}"
    );
    assert_eq!(status["files"], harmless.len(), "{status}");
}

#[test]
fn the_last_matching_glob_decides_whether_a_file_is_private() {
    let sandbox = Sandbox::new("//- /.env.example\nA=1\n//- /test.pem\nx\n//- /other.PEM\nx\n");
    let private = || -> Vec<String> {
        let skipped = sandbox.json(&["status"])["skipped"].clone();
        let mut paths: Vec<_> = skipped
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["path"].as_str().unwrap().to_owned())
            .collect();
        paths.sort();
        paths
    };
    assert_eq!(private(), ["other.PEM", "test.pem"]);
    // A workspace can only add private files. The user can also remove them.
    sandbox.write(
        "repo-lsp.toml",
        "[index]\nprivate = ['.env.example', '!test.pem']\n",
    );
    assert_eq!(private(), [".env.example", "other.PEM", "test.pem"]);
    sandbox.configure("[index]\nprivate = ['!test.pem']\n");
    assert_eq!(private(), [".env.example", "other.PEM"]);
    sandbox.configure("[index]\nprivate = ['!*.pem', '**/*.pem']\n");
    assert_eq!(private(), [".env.example", "other.PEM", "test.pem"]);
}
