"""The key that signs the chain: Ed25519, in two files of HOME/keys/. Owns these files.

``custody.pem`` is private (mode 0600, PKCS 8) and leaves the folder in no export; ``custody.pub`` may go anywhere.
What is signed is the hash as it is written, 64 characters, so that `openssl pkeyutl -verify -rawin` checks it.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from archive.errors import ConfigurationError
from archive.warc import synced

PRIVATE, PUBLIC = "custody.pem", "custody.pub"


class Key(NamedTuple):
    """A private key; ``public``: its public half in PEM, ``fingerprint``: by which that is named."""

    private: Ed25519PrivateKey
    public: str
    fingerprint: str

    def sign(self, text: str) -> str:
        """The signature over a text, in base64."""
        return base64.b64encode(self.private.sign(text.encode())).decode()

    def signer(self, entry_hash: str) -> tuple[str, str]:
        """The signature over the hash of an entry, and who signed."""
        return self.sign(entry_hash), self.fingerprint


def _key(private: Ed25519PrivateKey) -> Key:
    public = private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Key(private, pem, _fingerprint(public))


def _fingerprint(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _public(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:  # one bit turns the name of one algorithm into that of another
        raise ValueError(f"no Ed25519 key ({error})") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("no Ed25519 key")
    return key


def fingerprint(public: str) -> str:
    """By what a public key (PEM) is named: the SHA-256 of its DER form.

    Raises:
        ValueError: it is none.
    """
    return _fingerprint(_public(public))


def verifies(public: str, text: str, signature: str) -> bool:
    """Whether a signature (base64) over a text (an entry's hash) was made by the private half of a public key.

    False also where one of them is no text, as in a file that anybody may have written.
    """
    try:
        decoded = base64.b64decode(signature, validate=True)
        if base64.b64encode(decoded).decode() != signature:  # the last letter may carry bits of nothing
            return False
        _public(public).verify(decoded, text.encode())
    except (InvalidSignature, ValueError, TypeError, AttributeError):
        return False
    return True


def load(folder: Path, name: str = PRIVATE) -> Key | None:
    """The private key of a folder, None where it has none.

    Raises:
        ConfigurationError: a file of that name is there, and is no private Ed25519 key without a password.
    """
    path = folder / name
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # a TypeError: it asks for a password
        raise ConfigurationError(f"{path} is no private key that can be used: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError(f"{path} is no Ed25519 key")
    return _key(private)


def make(folder: Path, name: str) -> Key:
    """A new private key, readable by its owner alone from the first byte on; one of that name is replaced.

    It is on the disk itself, by its name too: the chain may name it.
    """
    key = _key(Ed25519PrivateKey.generate())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / name).unlink(missing_ok=True)
    with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    synced(folder)
    synced(folder.parent)
    return key


def take_up(folder: Path, name: str, public: str) -> None:
    """Let a new private key be the one that signs, and write its public half beside it.

    The public half first: as long as the private one has not its name, both are done again.
    """
    (folder / PUBLIC).write_text(public, encoding="ascii")
    synced(folder / PUBLIC)
    (folder / name).replace(folder / PRIVATE)
    synced(folder)
