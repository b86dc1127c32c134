import struct
import wave

import pytest

from ukd_bench.data.video.container import require_whole
from ukd_bench.errors import DataError


def box(kind, payload=b'', size=None):
    return struct.pack('>I', 8 + len(payload) if size is None else size) + kind + payload


def long_box(kind, payload):
    return struct.pack('>I', 1) + kind + struct.pack('>Q', 16 + len(payload)) + payload


MP4 = box(b'ftyp', b'isomiso2') + box(b'moov', b'm' * 40) + box(b'mdat', b'd' * 60)
LONG_MP4 = box(b'ftyp', b'isom') + box(b'moov', b'm' * 20) + long_box(b'mdat', b'd' * 30)
AVI = b'RIFF' + struct.pack('<I', 50) + b'AVI ' + b'a' * 46


@pytest.mark.parametrize('content', [MP4, LONG_MP4, AVI], ids=['mp4', 'long', 'avi'])
def test_every_shorter_file_is_refused_unless_whole_boxes_are_gone(tmp_path, content):
    path = tmp_path / 'clip'
    path.write_bytes(content)
    require_whole(path)
    # The rest of an MP4 cut between two boxes is a well-formed file; without its index or its data
    # no decoder opens it.
    boundaries = {content.find(b'moov') - 4, content.find(b'mdat') - 4}
    # With less than the type in front nothing tells what it was; no decoder opens that either.
    for length in set(range(8, len(content))) - boundaries:
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=rf'{path}: cannot be decoded \(truncated: {length} of'):
            require_whole(path)


@pytest.mark.parametrize('tail', [b'\n', bytes(4), b'\n' * 50, b'TAG by some tool'])
@pytest.mark.parametrize('content', [MP4, LONG_MP4], ids=['mp4', 'long'])
def test_what_was_appended_to_a_whole_file_is_ignored(tmp_path, content, tail):
    path = tmp_path / 'clip'
    path.write_bytes(content + tail)
    assert require_whole(path) == len(content + tail)
    # What looks like a box of pictures is none of it, nor is anything before there are pictures.
    for damaged in (content + box(b'mdat', size=99), content[: content.find(b'mdat') - 4] + tail):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match='truncated: '):
            require_whole(path)


def test_an_empty_or_absent_file_is_named(tmp_path):
    path = tmp_path / 'clip.avi'
    with pytest.raises(DataError, match=rf'{path}: cannot be read \(No such file'):
        require_whole(path)
    path.write_bytes(b'')
    with pytest.raises(DataError, match=rf'{path}: cannot be decoded \(the file is empty\)'):
        require_whole(path)


@pytest.mark.parametrize(
    'content',
    [
        AVI + b'more',
        b'RIFF' + struct.pack('<I', 0) + b'AVI ' + b'a' * 9,
        b'RIFF' + b'\xff' * 4 + b'AVI ' + b'a' * 9,
        box(b'ftyp', b'isom') + box(b'mdat', b'd' * 9, size=0),
        b'\x1aE\xdf\xa3 some other container',
    ],
    ids=['trailing bytes', 'no size', 'unknown size', 'open end', 'matroska'],
)
def test_what_does_not_state_its_length_passes(tmp_path, content):
    path = tmp_path / 'clip'
    path.write_bytes(content)
    require_whole(path)


def stream(kind):
    header = b'strh' + struct.pack('<I', 8) + kind + b'XVID'
    return b'LIST' + struct.pack('<I', 4 + len(header)) + b'strl' + header


def avi(*kinds):
    streams = b''.join(map(stream, kinds))
    header = b'LIST' + struct.pack('<I', 4 + len(streams)) + b'hdrl' + streams
    return b'RIFF' + struct.pack('<I', 4 + len(header)) + b'AVI ' + header


def mp4(*kinds):
    handlers = b''.join(box(b'hdlr', bytes(8) + kind + bytes(12)) for kind in kinds)
    return box(b'ftyp', b'isom') + box(b'mdat', b'd' * 60) + box(b'moov', handlers)


@pytest.mark.parametrize('make', [avi, mp4])
def test_sound_without_pictures_is_refused(tmp_path, make):
    vids, auds = (b'vids', b'auds') if make is avi else (b'vide', b'soun')
    path = tmp_path / 'clip'
    path.write_bytes(make(auds))
    with pytest.raises(DataError, match=rf'{path}: cannot be decoded \(it holds sound but no pict'):
        require_whole(path)
    for kinds in ((vids,), (auds, vids), (vids, auds), ()):
        path.write_bytes(make(*kinds))
        assert require_whole(path) == len(path.read_bytes())


def test_a_wave_file_is_refused_whatever_its_name(tmp_path):
    path = tmp_path / 'clip.mp4'
    with wave.open(str(path), 'wb') as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    with pytest.raises(DataError, match='it holds sound but no pictures'):
        require_whole(path)
