"""ARID: 32 frames of 112 x 112, which lie 2 to 2.5 apart in ARID's median clip."""

_base_ = 'arid_16x224.py'

clip_len, size, short_side = 32, 112, 128

train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[0].short_side = test_pipeline[0].short_side = short_side
train_pipeline[2].clip_len = test_pipeline[2].clip_len = clip_len
train_pipeline[4].size = test_pipeline[4].size = size
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
