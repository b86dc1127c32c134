import pytest


@pytest.fixture
def student_config(own_pool, runner_config, distilling, tmp_path):
    """Writes a student's config over ``own_pool``, and returns its path."""

    def write(kind='UKDHook', **hook):
        config = runner_config(distilling(kind, own_pool, **hook))
        path = tmp_path / 'student.py'
        config.dump(path)
        return path

    return write


@pytest.fixture
def command(capsys):
    """Runs ``ukd-bench knowledge`` in this process: status, stdout, stderr."""
    from ukd_bench.knowledge.__main__ import main

    def run(*arguments):
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            status = exit_.code
        return status, *capsys.readouterr()

    return run
