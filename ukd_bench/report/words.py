"""What the words of a report mean."""

from ..results.runs import Sweep

_WORDS = (
    ('UKD', 'unlimited knowledge distillation: many teachers teach one student.'),
    ('ARID', 'Action Recognition in the Dark, the data set of dark videos that the paper uses.'),
    ('K', 'the number of teachers.'),
    ('n, ±', 'n is the number of seeds; ± the half-width of the 95 % t-interval of their mean.'),
    ('Points', 'percentage points of accuracy.'),
    ('Top-1, mean class', 'right predictions in % of all clips; the mean of that over classes.'),
    ('Nats', 'a unit of divergence and log loss: natural logarithms.'),
    ('Bank', 'the scores that teachers gave the training views, once, on disk.'),
    ('Names of networks', 'kind, depth and width: in i3d-r18-w8, I3D of 18 layers, width 8.'),
    ('View', 'one augmented clip, drawn so that it can be drawn again.'),
    ('Pool', 'the teachers in their order; K teachers are the first K.'),
    ('Regime', 'what students start from, how their clips are normalised, how long they train.'),
    ('Fixed normalisation', 'one mean and deviation for all clips, so that the dark stays dark.'),
    ('Pipeline', 'a run with all that it needs: pretraining, teachers, banks, optical flow.'),
    ('Training peak', 'the most memory allocated at any moment of training.'),
    ('Reserved', 'what the allocator holds for that, which is what a card must have.'),
    ('Predicted', 'from a real training step on tensors without content, without a GPU.'),
    ('Sweep, run', 'all trainings that are compared; one of them, with a record of its own.'),
    ('Control', 'a comparison whose answer is known: whether this page could say otherwise.'),
)


def words(sweep: Sweep) -> list[tuple[str, str]]:
    """(word, meaning) pairs, those of the sweep's data included where they are synthetic."""
    told = [*_WORDS]
    if sweep.synthetic:
        name = sweep.dataset.get('name', 'unnamed data')
        told.append((str(name), 'synthetic dark videos of ARID’s eleven actions, made here.'))
    return told
