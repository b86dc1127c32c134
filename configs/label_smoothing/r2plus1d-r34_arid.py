_base_ = '../plain/r2plus1d-r34_arid.py'

model = dict(cls_head=dict(label_smooth_eps=0.1))
