"""ARID: 8 frames of 224 x 224, which lie 8 to 10 apart in ARID's median clip."""

_base_ = 'arid_16x224.py'

clip_len = 8

train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[2].clip_len = test_pipeline[2].clip_len = clip_len
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
